from bookpipeline.settings import *  # noqa: F403
from bookpipeline.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "benchmarks.apps.BenchmarksConfig"]
