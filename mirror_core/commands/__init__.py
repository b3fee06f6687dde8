"""The subcommands of `mirror`, one a module."""
