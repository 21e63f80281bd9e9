"""People who work on books together: pages given out, comments, and notices by mail or Slack."""
