"""The tasks, one file each: what is asked, where the samples come from, how an answer is graded."""

from evals.job import Job
from evals.tasks.abstention import JOB as ABSTENTION
from evals.tasks.discovery import JOB as DISCOVERY
from evals.tasks.injection import JOB as INJECTION
from evals.tasks.match import JOB as MATCH
from evals.tasks.orchestrator import JOB as ORCHESTRATOR
from evals.tasks.outreach import JOB as OUTREACH
from evals.tasks.propose import JOB as PROPOSE
from evals.tasks.research import JOB as RESEARCH
from evals.tasks.route import JOB as ROUTE
from evals.tasks.territory import JOB as TERRITORY
from evals.tasks.what_if import JOB as WHAT_IF

JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        RESEARCH,
        OUTREACH,
        MATCH,
        ROUTE,
        TERRITORY,
        DISCOVERY,
        ORCHESTRATOR,
        INJECTION,
        ABSTENTION,
        WHAT_IF,
        PROPOSE,
    )
}
"""Name → job, in the order of the report."""
