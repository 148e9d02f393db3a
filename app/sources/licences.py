"""Licences that a source may state."""

from app.core.values import Licence

CC0 = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")
NOT_STATED = Licence(name="not stated", url="about:blank")
"""The source states no licence, which is not a permission to use the text."""
