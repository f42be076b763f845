"""A reader without a browser: one session of the dashboard over its websocket."""

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Selectbox_pb2 import Selectbox
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

FINISHED = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


class Reader:
    """One open session."""

    def __init__(self, connection: ClientConnection, seed: int) -> None:
        self._connection = connection
        self._random = random.Random(seed)
        self._hashes: dict[str, str] = {}  # of the pages, by path
        self._page = ""
        self._lists: dict[str, list[str]] = {}  # what is not chosen in the page's lists, by id
        self._chosen: dict[str, str] = {}  # by id, what this reader chose on the page

    @property
    def pages(self) -> list[str]:
        """The paths of all pages, in the order of the navigation."""
        return list(self._hashes)

    async def open_page(self, path: str) -> float:
        """Open a page; return the seconds until its script's last message."""
        self._page, self._lists, self._chosen = path, {}, {}
        return await self._run(BackMsg())

    async def choose(self) -> float:
        """Choose something else in one of the page's lists; return the seconds it took.

        A page without a list is run again as it is.
        """
        asked = BackMsg()
        if self._lists:
            widget = self._random.choice(list(self._lists))
            chosen = asked.rerun_script.widget_states.widgets.add(id=widget)
            chosen.string_value = self._random.choice(self._lists[widget])
            self._chosen[widget] = chosen.string_value
        return await self._run(asked)

    async def _run(self, asked: BackMsg) -> float:
        asked.rerun_script.page_script_hash = self._hashes.get(self._page, "")
        start = time.perf_counter()
        await self._connection.send(asked.SerializeToString())
        while not self._take(await self._connection.recv(decode=False)):
            pass
        return time.perf_counter() - start

    def _take(self, content: bytes) -> bool:
        """Read one message; say whether it was the script's last."""
        message = ForwardMsg.FromString(content)
        if message.HasField("navigation"):
            pages = message.navigation.app_pages
            self._hashes = {page.url_pathname: page.page_script_hash for page in pages}
        if message.HasField("delta"):
            self._see(message.delta.new_element)
        if not message.HasField("script_finished"):
            return False
        if message.script_finished != FINISHED:
            raise RuntimeError(f"the script of page '{self._page}' did not finish")
        return True

    def _see(self, element: Element) -> None:
        if element.HasField("exception"):
            raise RuntimeError(f"page '{self._page}' failed: {element.exception.message}")
        if element.HasField("selectbox") and element.selectbox.query_param_key != "report":
            self._see_list(element.selectbox)

    def _see_list(self, box: Selectbox) -> None:
        now = box.raw_value if box.set_value else box.options[box.default]
        now = self._chosen.get(box.id, now)
        others = [option for option in box.options if option != now]
        if others:
            self._lists[box.id] = others


@asynccontextmanager
async def session(address: str, seed: int = 0) -> AsyncIterator[Reader]:
    """Open a session on a server as a browser does, on its first page."""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(url, subprotocols=[Subprotocol("streamlit")], max_size=None) as connection:
        reader = Reader(connection, seed)
        await reader.open_page("")
        yield reader
