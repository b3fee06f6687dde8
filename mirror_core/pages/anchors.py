"""Where the page of the runs has each group and each run."""

Key = tuple[str, str, int]


def group_anchor(reading: str, condition: str) -> str:
    """Return the anchor of the networks of a condition under a reading."""
    return f"{reading}--{condition}"


def run_anchor(fingerprint: str) -> str:
    """Return the anchor of a run."""
    return f"run-{fingerprint}"
