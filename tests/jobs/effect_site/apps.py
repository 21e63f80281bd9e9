from django.apps import AppConfig


class EffectsConfig(AppConfig):
    name = "tests.jobs.effect_site"

    def ready(self):
        from jobs.registry import register
        from tests.jobs.effect_site.stages import EFFECTS

        register(EFFECTS)
