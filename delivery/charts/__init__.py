"""The charts of delivery: numbers become Plotly figures. Pure; tested on the figure's data."""

from collections.abc import Callable

from core.charts import Chart
from delivery.board import Board
from delivery.charts.frequency import frequency_chart
from delivery.charts.mttr import mttr_chart
from delivery.charts.rates import failure_rate_chart, lead_time_chart, recovery_chart, rework_chart
from delivery.charts.stages import bottlenecks, stage_chart
from delivery.charts.words import source_text
from delivery.words import figure_text, hours_number, hours_text

# By the id of the figure, in the order of the pages.
OF_FIGURE: dict[str, Callable[[Board], Chart]] = {
    "deployment_frequency": frequency_chart,
    "lead_time": lead_time_chart,
    "change_failure_rate": failure_rate_chart,
    "recovery": recovery_chart,
    "mttr": mttr_chart,
    "rework_rate": rework_chart,
}
# By the chart's own id, as addresses name it.
BY_ID: dict[str, Callable[[Board], Chart]] = {
    "deployment-frequency": frequency_chart,
    "mttr": mttr_chart,
    "lead-time": lead_time_chart,
    "change-failure-rate": failure_rate_chart,
    "recovery": recovery_chart,
    "rework-rate": rework_chart,
    "stages-lead-time": lambda board: stage_chart(board, "lead_time"),
    "stages-recovery": lambda board: stage_chart(board, "recovery"),
}

__all__ = [
    "BY_ID", "OF_FIGURE", "bottlenecks", "failure_rate_chart", "figure_text", "frequency_chart", "hours_number", "hours_text",
    "lead_time_chart", "mttr_chart", "recovery_chart", "rework_chart", "source_text", "stage_chart",
]  # fmt: skip
