"""What a fit leaves: the model, where it was fitted, and how it did beside its rivals."""

from datetime import datetime
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from pulse.fitting.measuring import Figures
from streams.core.silence.document import SilenceModel

_HEAD: Final = """\
# A model of silence, fitted to a history. It is a proposal: no process reads it. `model` becomes the section
# silence.purchases of a policy: `pulse policy fit --into POLICY` puts it there, and a worker alerts by that policy.
#
# An account is silent when it makes no purchase within model.horizon_d days. `measured` says how the model did on the
# snapshots named under fitted.judging, none of which it was fitted to, beside plainer rules.
"""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Document):
    """The snapshots of one side: moments, rows (account and moment) and accounts, and the share that stayed away."""

    moments: tuple[datetime, ...]
    rows: int
    accounts: int
    base_rate: float


class Fitted(_Document):
    """Where and when."""

    source: str
    fitted_at: datetime
    begin: datetime
    end: datetime
    purchases: int
    accounts: int
    wanted_precision: float
    teaching: Part
    judging: Part


class Measured(_Document):
    """On the judging snapshots. `mean_risk` should be near their base rate, and is not where times have changed. RFM
    alerts at a sum of `rfm_alert_sum` or less, of 3 to 15.
    """

    mean_risk: float
    rfm_alert_sum: int
    model: Figures
    own_line: Figures
    rfm: Figures
    fixed_30_days: Figures


class FittedModel(_Document):
    """The whole document."""

    model: SilenceModel
    fitted: Fitted
    measured: Measured

    def to_yaml(self) -> str:
        """As it is written to a file."""
        return _HEAD + yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def flat(fitted: FittedModel) -> dict[str, float | None]:
    """The figures in one level: the model's by their own names, each rival's with its name before."""
    told: dict[str, float | None] = dict(fitted.measured.model.model_dump())
    for name in ("own_line", "rfm", "fixed_30_days"):
        told |= {f"{name}_{key}": value for key, value in getattr(fitted.measured, name).model_dump().items()}
    return told | {"mean_risk": fitted.measured.mean_risk}
