from django.urls import path

from insights.views import pages, portfolio, search, trends

urlpatterns = [
    path("", pages.home, name="home"),
    path("portfolio/", portfolio.page, name="portfolio"),
    path("trends/", trends.page, name="trends"),
    path("search/", search.page, name="search"),
    path("teams/<int:team_id>/", pages.team, name="team"),
]
