from bookpipeline.formats.en.formats import *  # noqa: F403 - the same
