"""Numbers as Prometheus reads them, with those of the process that answers."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stairlift.report.metrics import Family


class _Collected(Collector):
    """Asks anew at each scrape."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        return map(_metric, self._families())


class Exposition:
    """What there is to scrape. `families` is called once for each scrape."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collected(families))
        ProcessCollector(registry=self._registry)

    def scraped(self, accept: str) -> tuple[bytes, str]:
        """The text in the form that was asked for, and its media type."""
        encode, kind = choose_encoder(accept)
        return encode(self._registry), kind


def _metric(family: Family) -> Metric:
    match family.kind:
        case "histogram":
            return _histogram(family)
        case "info":
            return _info(family)
        case "counter":
            return _plain(CounterMetricFamily(family.name, family.about, labels=family.labels), family)
        case _:
            return _plain(GaugeMetricFamily(family.name, family.about, labels=family.labels), family)


def _plain(metric: CounterMetricFamily | GaugeMetricFamily, family: Family) -> Metric:
    for sample in family.samples:
        metric.add_metric(sample.labels, sample.value)
    return metric


def _info(family: Family) -> Metric:
    metric = InfoMetricFamily(family.name, family.about)
    for sample in family.samples:
        metric.add_metric((), dict(zip(family.labels, sample.labels, strict=True)))
    return metric


def _histogram(family: Family) -> Metric:
    metric = HistogramMetricFamily(family.name, family.about, labels=family.labels)
    for labels, bins in ((sample.labels, sample.bins) for sample in family.samples if sample.bins):
        buckets = [(str(bound), float(number)) for bound, number in bins.cumulated()]
        metric.add_metric(labels, [*buckets, ("+Inf", float(bins.number))], bins.seconds)
    return metric
