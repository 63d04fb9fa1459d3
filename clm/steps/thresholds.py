"""The seed's thresholds, as it names them."""

from __future__ import annotations

from clm.policy import Policy


class Thresholds:
    """The four thresholds of the seed's constructor, read from the policy in force."""

    policy: Policy

    @property
    def retrain_interval_days(self) -> float:
        """Days after which a training is old."""
        return self.policy.retrain_interval_days

    @property
    def shadow_test_hours(self) -> float:
        """Least event hours of a shadow."""
        return self.policy.shadow_test_hours

    @property
    def min_improvement_threshold(self) -> float:
        """Fraction of RMSE that a candidate has to be better by."""
        return self.policy.min_improvement_threshold

    @property
    def training_lookback_days(self) -> float:
        """Days of bars in a training."""
        return self.policy.training_lookback_days
