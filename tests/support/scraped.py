"""Reads what `/metrics` tells."""

import urllib.request
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[float, Mapping[str, str]]


def scrape(url: str) -> str:
    """The text of the process there."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return str(answer.read().decode())


def scraped(text: str, name: str) -> list[Sample]:
    """(value, labels) of all samples of that name."""
    return [
        (sample.value, sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    ]


def total(text: str, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels, whatever others they have."""
    return sum(value for value, found in scraped(text, name) if labels.items() <= found.items())


def families(text: str) -> set[str]:
    """The names of all metrics; a counter's with its `_total`."""
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(text)
    }
