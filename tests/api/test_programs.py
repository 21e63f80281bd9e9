"""Programs that have a token and nothing else: the client of ours, and one generated from the document."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User

from books.models import AuditEntry, Book, PublishedGuideline, Source, TokenScope
from jobs.models import Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.factories import BookFactory, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
FILE = Path(__file__).resolve().parent.parent.parent / "client" / "bookpipeline_client.py"


@pytest.fixture
def client_of_ours(monkeypatch):
    """The file as it stands. While it waits for a job, the job is worked."""
    spec = spec_from_file_location("bookpipeline_client", FILE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    def work(_seconds):
        for job in Job.objects.filter(status=JobStatus.PENDING):
            run_to_end(job.pk)

    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=work))
    return module


@pytest.fixture
def robot(db):
    person = User.objects.create_user("robot")
    person.groups.set(Group.objects.filter(name__in=["uploader", "reviewer", "publisher"]))
    return person


def test_the_main_job_over_http_and_again(client_of_ours, live_server, robot, sample, tmp_path, capsys):
    scans, out = tmp_path / "scans", tmp_path / "guidelines.json"
    scans.mkdir()
    for number in (2, 1):
        (scans / f"p{number}.png").write_bytes((sample / f"page_00{number}.png").read_bytes())
    (scans / "notes.txt").write_text("no page")
    token = secret_of(*TokenScope.values, owner=robot, name="Scanner")
    whole = [str(scans), "--url", live_server.url, "--token", token, "--title", "Prealgebra", "--grade", "8"]

    assert client_of_ours.main(whole) == 0
    said = capsys.readouterr().out
    assert "2 of 3 files sent, 0 there before; 2 pages in all." in said
    assert "notes.txt: " in said
    assert "is read. Review its pages" in said
    book = Book.objects.get()
    assert (book.title, book.grade, book.owner) == ("Prealgebra", "8", robot)
    assert list(book.pages.order_by("number").values_list("source__name", flat=True)) == ["p1.png", "p2.png"]

    assert client_of_ours.main([*whole, "--approve", "--publish", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "0 of 3 files sent, 2 there before" in said
    assert "Published as version 1" in said
    assert (Book.objects.count(), Source.objects.count()) == (1, 2)
    document = json.loads(out.read_text())
    assert document["book"]["title"] == "Prealgebra"
    assert PublishedGuideline.objects.filter(book=book).current().exists()
    acts = AuditEntry.objects.filter(person_id=robot.pk)
    assert {"api-1:create_book", "api-1:publish_book"} <= set(acts.values_list("action", flat=True))
    assert {each.partition(" (")[0] for each in acts.values_list("token", flat=True)} == {"Scanner"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--token", "wrong", "--book", "1"], "Sign in, or send a token that is valid"),
        (["--book", "999"], "That is not there."),
        (["nowhere.pdf"], "There is no file nowhere.pdf."),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(client_of_ours, live_server, robot, arguments, said, capsys):
    token = secret_of(*TokenScope.values, owner=robot)
    assert client_of_ours.main(["--url", live_server.url, "--token", token, *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_client_generated_from_the_document_works(client, live_server, robot, tmp_path, monkeypatch):
    """As whoever has only the document makes one."""
    document = tmp_path / "openapi.json"
    document.write_bytes(client.get("/api/openapi.json").content)
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    quiet = tmp_path / "config.yml"
    quiet.write_text("post_hooks: []\n")
    made = subprocess.run(
        [*command, "--path", document, "--output-path", tmp_path / "generated", "--config", quiet, "--fail-on-warning"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    generated, models = importlib.import_module("generated"), importlib.import_module("generated.models")
    books = importlib.import_module("generated.api.books")
    reach = {name: importlib.import_module(f"generated.api.books.{name}") for name in _operations(books)}
    BookFactory(title="Prealgebra")
    with generated.AuthenticatedClient(live_server.url, secret_of("read", owner=robot)) as program:
        (create,) = (module for name, module in reach.items() if name.endswith("create_book"))
        (listed,) = (module for name, module in reach.items() if name.endswith("list_books"))
        assert [book.title for book in listed.sync(client=program).items] == ["Prealgebra"]
        refused = create.sync_detailed(client=program, body=models.BookIn(title="Other"))
        assert (refused.status_code, refused.parsed.code) == (403, "forbidden")
        assert isinstance(refused.parsed, models.Refusal)


def _operations(package) -> list[str]:
    return [each.stem for each in Path(package.__file__).parent.glob("*.py") if each.stem != "__init__"]
