"""Worker clusters under supervision: nothing hangs unnoticed, nothing is left behind."""
