"""All jobs, in the order of the report."""

from tests.benchmarks import chains, drawing, scalars, scaling, tensors, training

__all__ = ["JOBS"]

JOBS = {
    job.name: job
    for group in (training, scalars, tensors, chains, drawing, scaling)
    for job in group.JOBS
}
"""Every job by its name."""
