"""A hundred books of nonsense."""

import pytest

from tests.flow.test_nonsense import provider, worked  # noqa: F401


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(7200)
def test_a_hundred_books_of_nonsense(provider, client, admin):  # noqa: F811
    client.force_login(admin)
    assert len(worked(provider, client, range(1, 101))) == 100
