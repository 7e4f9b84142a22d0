"""The tables of this room stand in the modules of its parts; Django finds them here."""

from streha.assistance.advances import models as advances  # noqa: F401
from streha.assistance.distributions import models as distributions  # noqa: F401
from streha.assistance.entitlements import models as entitlements  # noqa: F401
from streha.assistance.grants import models as grants  # noqa: F401
from streha.assistance.payments import models as payments  # noqa: F401
from streha.assistance.programmes import models as programmes  # noqa: F401
from streha.assistance.projects import models as projects  # noqa: F401
from streha.assistance.selections import models as selections  # noqa: F401
from streha.assistance.sites import models as sites  # noqa: F401
from streha.assistance.supplies import models as supplies  # noqa: F401
from streha.assistance.training import models as training  # noqa: F401
from streha.assistance.works import models as works  # noqa: F401
