"""Datadog's own client over our own way out; the only importer of ``datadog_api_client``.

The client builds requests and signs them with its keys. They are carried by :class:`console.ports.Web` and
not by a second HTTP stack: one limit for the whole exchange, no retries, proxies and *too many requests* as
everywhere. What is not on the list of reading requests does not get past the carrier, whoever asks for it.
"""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi

from console.domain.web import READING_METHODS, Reply, Request
from console.errors import ReadOnlyError
from console.signals.suppliers import Exchange

READING_POSTS = ("/api/v2/query/timeseries", "/api/v2/query/scalar")
"""Paths of POSTs that only read (Datadog API reference, Metrics)."""
PER_PAGE = 100


class Wire:
    """One look at Datadog, with one pair of keys.

    Args:
        url: Where its API is; said in full, so that ``DD_SITE`` has no say.
    """

    def __init__(self, exchange: Exchange, url: str, api_key: str, app_key: str) -> None:
        self._exchange = exchange
        settings = Configuration(
            host=url,
            api_key={"apiKeyAuth": api_key, "appKeyAuth": app_key},
            preload_content=False,  # models would take a second to load, and raise TypeError on a surprise
            check_input_type=False,
        )
        self._client = _Client(settings, exchange)

    def timeseries(self, attributes: Mapping[str, object]) -> object:
        """``POST /api/v2/query/timeseries``; the answer as JSON. Moments are milliseconds.

        Raises:
            QuarterdeckError: see :class:`console.signals.suppliers.Exchange`.
        """
        body = {"data": {"type": "timeseries_request", "attributes": dict(attributes)}}
        reply: Reply = MetricsApi(self._client).query_timeseries_data(body=body)
        return self._exchange.read(reply.body)

    def monitors(self, query: str, page: int) -> object:
        """``GET /api/v1/monitor/search``: one page of the monitors that a query finds, as JSON.

        Raises:
            QuarterdeckError: likewise.
        """
        found: Reply = MonitorsApi(self._client).search_monitors(query=query, page=page, per_page=PER_PAGE)
        return self._exchange.read(found.body)

    @property
    def client(self) -> ApiClient:
        """The client itself."""
        return self._client


class _Client(ApiClient):  # type: ignore[misc]  # its types are not looked at
    def __init__(self, settings: Configuration, exchange: Exchange) -> None:
        self._exchange = exchange
        super().__init__(settings)

    def _build_rest_client(self) -> "_Carrier":
        return _Carrier(self._exchange)


class _Carrier:
    """Stands where the client has its HTTP; below all of its operations."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def request(
        self,
        method: str,
        url: str,
        query_params: Sequence[tuple[str, object]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        **_: object,
    ) -> Reply:
        """Carry one request.

        Raises:
            ReadOnlyError: when it is none of those that read.
            QuarterdeckError: see :class:`console.signals.suppliers.Exchange`.
        """
        method, path = method.upper(), urlsplit(url).path
        if not (method in READING_METHODS or (method == "POST" and path.endswith(READING_POSTS))):
            raise ReadOnlyError(f"{method} {path} is not sent: Datadog is only ever read")
        if query_params:
            url += "?" + urlencode(list(query_params))
        content = b"" if body is None else json.dumps(body).encode()
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        return self._exchange.send(Request(method, url, sent, content, reads=True))
