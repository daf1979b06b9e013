import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.latency import PRECISION, Histogram, TimeSeries

DURATIONS = st.lists(st.floats(1e-5, 100.0), min_size=1, max_size=200)


@given(DURATIONS, st.sampled_from([1, 25, 50, 90, 99, 100]))
def test_a_percentile_is_exact_to_its_precision(durations, percent):
    exact = sorted(durations)[max(1, math.ceil(len(durations) * percent / 100)) - 1]
    assert Histogram(durations).percentile(percent) == pytest.approx(exact, rel=PRECISION * 1.01)


@given(DURATIONS)
def test_no_percentile_exceeds_the_maximum(durations):
    assert Histogram(durations).percentile(99.9) <= max(durations)


def test_the_hundredth_value_alone_does_not_move_the_99th_percentile():
    histogram = Histogram([0.001] * 99 + [1.0])
    assert histogram.percentile(99) == pytest.approx(0.001, rel=0.02)
    assert histogram.maximum == 1.0


def test_an_empty_histogram_has_no_percentile():
    assert math.isnan(Histogram().percentile(50))
    assert math.isnan(Histogram().mean)


def test_durations_below_the_clocks_resolution_are_counted():
    assert Histogram([0.0, -1e-9]).count == 2


def test_a_time_series_shows_empty_buckets_between_full_ones():
    series = TimeSeries(0.5, [(0.1, 1.0), (0.2, 3.0), (1.4, 5.0)])
    assert series.rate() == [(0.25, 4.0), (0.75, 0.0), (1.25, 2.0)]
    values = [value for _, value in series.mean()]
    assert values[0] == 2.0 and math.isnan(values[1]) and values[2] == 5.0


def test_an_empty_time_series_is_empty():
    assert TimeSeries(1.0).rate() == []


def test_a_time_series_reaches_over_its_span_though_nothing_was_seen_there():
    series = TimeSeries(0.5, [(0.6, 1.0)], span=(0.0, 1.9))
    assert series.rate() == [(0.25, 0.0), (0.75, 2.0), (1.25, 0.0), (1.75, 0.0)]
