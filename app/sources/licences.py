"""The terms of use that a source may state."""

from app.core.values import Licence

CC0 = Licence(name="CC0 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/")
NOT_STATED = Licence(name="not stated", url="about:blank")
"""Where a source is silent: nobody should take that for a permission."""
