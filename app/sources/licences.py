"""Licences that a source may state."""

from urllib.parse import urljoin

from app.core.values import Licence
from app.sources.answers import Rights, web_address

CC0 = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")
NOT_STATED = Licence(name="not stated", url="about:blank")
"""The source states no licence, which is not a permission to use the text."""


def stated(rights: Rights, base: str) -> Licence:
    """The licence that a wiki states; `base` is the address of the wiki.

    Raises:
        ValueError: its address is not of the web.
    """
    name, url = rights.get("text", "").strip(), rights.get("url", "").strip()
    if not name and not url:
        return NOT_STATED
    address = web_address(urljoin(base, url)) if url else NOT_STATED.url
    return Licence(name=name or url, url=address)
