"""Examples of the ways in, with a team's own addresses. The same stand in docs/ways-in.md; a test runs them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Example:
    id: str
    title: str | Promise
    said: str | Promise
    text: str


_CURL = """curl --fail-with-body --silent --show-error --retry 5 --retry-connrefused \\
  --header "Authorization: Bearer $PORTAL_TOKEN" --header "Content-Type: application/json" \\
  --header "Idempotency-Key: churn-model-512" --data @- ADDRESS <<'JSON'
{"deployments": [{
  "id": "512", "service": "churn-model", "environment": "production", "outcome": "succeeded",
  "created_at": "2026-11-02T09:30:00Z", "finished_at": "2026-11-02T09:42:00Z",
  "sha": "4f2c9ab", "branch": "main", "url": "https://ci.example.com/builds/512",
  "changes": [{
    "id": "12", "number": 12, "title": "Retrain on October's data", "sha": "4f2c9ab",
    "first_commit_at": "2026-10-30T08:00:00Z", "opened_at": "2026-10-30T10:00:00Z",
    "first_review_at": "2026-10-31T09:00:00Z", "merged_at": "2026-11-02T09:00:00Z"
  }]
}]}
JSON
"""
_CURL_INCIDENT = """curl --fail-with-body --silent --show-error --retry 5 --retry-connrefused \\
  --header "Authorization: Bearer $PORTAL_TOKEN" --header "Content-Type: application/json" \\
  --header "Idempotency-Key: INC-42-resolved" --data @- ADDRESS <<'JSON'
{"incidents": [{
  "id": "INC-42", "service": "churn-model", "title": "Predictions are stale",
  "began_at": "2026-11-03T08:00:00Z", "resolved_at": "2026-11-03T10:00:00Z",
  "url": "https://status.example.com/INC-42"
}]}
JSON
"""
_GITHUB = """# .github/workflows/deploy.yml; the token is a secret of the repository
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: ./deploy.sh
      - name: Tell the portal
        if: always()
        continue-on-error: true  # a portal that is away fails no release
        env:
          PORTAL_TOKEN: ${{ secrets.PORTAL_TOKEN }}
          OUTCOME: ${{ job.status == 'success' && 'succeeded' || job.status == 'cancelled' && 'cancelled' || 'failed' }}
        run: |
          branch=$(printf %s "$GITHUB_REF_NAME" | tr -d '"')
          printf '{"deployments": [{"id": "%s", "attempt": %s, "service": "churn-model", "environment": "production",
            "outcome": "%s", "finished_at": "%s", "sha": "%s", "branch": "%s", "url": "%s"}]}' \\
            "$GITHUB_RUN_ID" "$GITHUB_RUN_ATTEMPT" "$OUTCOME" "$(date -u +%FT%TZ)" "$GITHUB_SHA" "$branch" \\
            "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" |
          curl --fail-with-body --silent --show-error --retry 5 --retry-connrefused \\
            --header "Authorization: Bearer $PORTAL_TOKEN" --header "Content-Type: application/json" \\
            --header "Idempotency-Key: $GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" --data @- ADDRESS
"""
_GITLAB = """# .gitlab-ci.yml; PORTAL_TOKEN is a masked variable of the project
deploy:
  stage: deploy
  script:
    - ./deploy.sh
  after_script:
    - |
      case "$CI_JOB_STATUS" in success) outcome=succeeded ;; canceled) outcome=cancelled ;; *) outcome=failed ;; esac
      branch=$(printf %s "$CI_COMMIT_REF_NAME" | tr -d '"')
      printf '{"deployments": [{"id": "%s", "service": "churn-model", "environment": "production", "outcome": "%s",
        "created_at": "%s", "finished_at": "%s", "sha": "%s", "branch": "%s", "url": "%s"}]}' \\
        "$CI_JOB_ID" "$outcome" "$CI_JOB_STARTED_AT" "$(date -u +%FT%TZ)" "$CI_COMMIT_SHA" "$branch" "$CI_JOB_URL" |
      curl --fail-with-body --silent --show-error --retry 5 --retry-connrefused \\
        --header "Authorization: Bearer $PORTAL_TOKEN" --header "Content-Type: application/json" \\
        --header "Idempotency-Key: $CI_JOB_ID" --data @- ADDRESS
"""
_JENKINS = """// Jenkinsfile; portal-token is a credential of the kind "Secret text"
pipeline {
  agent any
  environment { PORTAL_TOKEN = credentials('portal-token') }
  stages { stage('Deploy') { steps { sh './deploy.sh' } } }
  post { always { script {
    def outcomes = [SUCCESS: 'succeeded', ABORTED: 'cancelled']
    withEnv(["OUTCOME=${outcomes.getOrDefault(currentBuild.currentResult, 'failed')}"]) {
      // With the status returned, a portal that is away fails no build.
      sh returnStatus: true, script: '''
        branch=$(printf %s "$GIT_BRANCH" | tr -d '"')
        printf '{"deployments": [{"id": "%s", "service": "churn-model", "environment": "production",
          "outcome": "%s", "finished_at": "%s", "sha": "%s", "branch": "%s", "url": "%s"}]}' \\\\
          "$BUILD_NUMBER" "$OUTCOME" "$(date -u +%FT%TZ)" "$GIT_COMMIT" "$branch" "$BUILD_URL" |
        curl --fail-with-body --silent --show-error --retry 5 --retry-connrefused \\\\
          --header "Authorization: Bearer $PORTAL_TOKEN" --header "Content-Type: application/json" \\\\
          --header "Idempotency-Key: churn-model-$BUILD_NUMBER" --data @- ADDRESS
      '''
    }
  } } }
}
"""
_ALERTMANAGER = """# alertmanager.yml
receivers:
  - name: mlops-portal
    webhook_configs:
      - url: ADDRESS
        send_resolved: true
        http_config:
          authorization:
            type: Bearer
            credentials_file: /etc/alertmanager/portal-token
"""


def of_deployments(address: str) -> list[Example]:
    """`address`: of the team's deployments in the API."""
    said = _("The token stands in the variable PORTAL_TOKEN. Sent twice, it is done once.")
    told = [
        Example("curl", _("From a shell"), said, _CURL),
        Example("github", "GitHub Actions", _("A last step of the job that deploys."), _GITHUB),
        Example("gitlab", "GitLab CI", _("After the script of the job that deploys."), _GITLAB),
        Example("jenkins", "Jenkins", _("After the stages of the pipeline that deploys."), _JENKINS),
    ]
    return [_filled(each, address) for each in told]


def of_incidents(address: str) -> Example:
    said = _("Once when it begins, without resolved_at, and once when it is resolved; in whatever order they arrive.")
    return _filled(Example("incident", _("An incident, from a shell"), said, _CURL_INCIDENT), address)


def of_alerts(address: str) -> Example:
    said = _("The file holds a token of the team. Alertmanager repeats what did not arrive.")
    return _filled(Example("alertmanager", "Alertmanager", said, _ALERTMANAGER), address)


def _filled(example: Example, address: str) -> Example:
    return Example(example.id, example.title, example.said, example.text.replace("ADDRESS", address))
