"""The report on anybody's recordings: what is asked, what was found, and the verdict. The door is
`mirror_core.report`."""
