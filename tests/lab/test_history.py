import math

from lab.history import History, Operation, Outcome, summarize


def asked_at(
    when: float, client: str = "reader", outcome: Outcome = Outcome.ACKNOWLEDGED, server: str = ""
) -> Operation:
    return Operation(client, "read", "key", None, when, when + 0.5, outcome, server)


def test_a_summary_counts_failures_among_what_was_asked_but_not_in_the_latency():
    summary = summarize(
        [asked_at(1, server="cache"), asked_at(2, outcome=Outcome.UNKNOWN), asked_at(3, server="database")]
    )
    assert (summary.asked, summary.acknowledged, summary.failed) == (3, 2, 1)
    assert summary.share("cache") == 1 / 3
    assert summary.latency.maximum == 0.5


def test_a_summary_of_nothing_has_no_latency_and_no_shares():
    summary = summarize([])
    assert summary.share("cache") == 0.0
    assert math.isnan(summary.latency.percentile(50))


def test_a_stretch_of_a_history_is_what_was_asked_in_it():
    history = History([asked_at(1), asked_at(2), asked_at(3)])
    assert [operation.asked for operation in history.asked_between(2, 3).operations] == [2]


def test_recent_operations_are_those_answered_lately():
    history = History([asked_at(1), asked_at(2), asked_at(3)])
    assert [operation.asked for operation in history.recent(since=2.2)] == [3, 2]


def test_each_client_has_its_own_part_of_the_history():
    history = History([asked_at(1, "reader"), asked_at(2, "writer")])
    assert history.by("writer").operations == [asked_at(2, "writer")]
