"""Does the source say it: quotes located, passages found, facts compared, and the verdict."""

CHECKER = "sourcemark checker 7"
