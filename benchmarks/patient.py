"""A client that does nothing but ask, as well as it can be done: all slots in use, silent while the provider says so.

What trouble adds to its time is what the provider's limits cost anybody.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI, RateLimitError

from benchmarks.predecessor import FORM


class Patient:
    def __init__(self, url: str, in_flight: int) -> None:
        self.client = OpenAI(api_key="a-key", base_url=url, max_retries=0)
        self.in_flight = in_flight
        self.open_at = 0.0

    def seconds(self, levels: Sequence[int]) -> float:
        """Of so many calls in each level, each level once the one before is answered."""
        began = time.monotonic()
        with ThreadPoolExecutor(self.in_flight) as executor:
            for calls in levels:
                list(executor.map(self._ask, range(calls)))
        return time.monotonic() - began

    def _ask(self, number: int) -> None:
        while True:
            while (wait := self.open_at - time.monotonic()) > 0:
                time.sleep(wait)
            try:
                self.client.chat.completions.create(
                    model="gpt-5-mini",
                    messages=[{"role": "user", "content": f"Question {number}."}],
                    response_format={"type": "json_schema", "json_schema": FORM},
                )
            except RateLimitError as error:
                retry_after = float(error.response.headers["retry-after"])
                self.open_at = max(self.open_at, time.monotonic() + retry_after)
            else:
                return
