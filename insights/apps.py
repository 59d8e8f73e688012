from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"
    verbose_name = "Portfolio and trends"  # the heading of its API routes, translated there
