"""Another process over HTTP that a test plays itself."""

from collections.abc import Awaitable, Callable, Mapping

import httpx

from platformkit.http.calls import Answer, Http, UnansweredError


class Pretended(Http):
    """Calls that `answer` answers, so that no other process is needed. A transport error of httpx is silence."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]) -> None:
        super().__init__()
        self._answer = answer

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        seconds: float = 5.0,
        template: str = "?",
        largest: int | None = None,
    ) -> Answer:
        try:
            said = self._answer(httpx.Request(method, url, headers=headers, content=content))
            if not isinstance(said, httpx.Response):
                said = await said
        except httpx.TransportError as error:
            raise UnansweredError(type(error).__qualname__) from None
        return Answer(said.status_code, said.headers, said.content)
