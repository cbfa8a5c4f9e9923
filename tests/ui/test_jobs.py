"""Long work: progress, order, a Stop that stops, and nothing left behind."""

import asyncio
import threading

import pytest

from gan_core.errors import StudioError
from gan_core.ui.caller import Caller, caller, calling
from gan_core.ui.jobs import MOST, OWN, Job, Jobs


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_work_answers_and_tells_how_far_it_is():
    jobs, go, seen = Jobs(1), threading.Event(), []

    def work(job: Job):
        job.tell(1, 4, "drawing", view=[1])
        go.wait(10)
        job.tell(4, 4)
        return "done"

    async def main():
        answer = asyncio.ensure_future(jobs.run("job-first", work))
        await until(lambda: jobs.progress("job-first").get("done") == 1)
        seen.append(jobs.progress("job-first"))
        go.set()
        return await answer

    assert asyncio.run(main()) == "done"
    facts = seen[0]
    assert facts["state"] == "working" and facts["stage"] == "drawing" and facts["view"] == [1] and facts["left"] >= 0
    assert jobs.progress("job-first") == {"state": "none"}


def test_stop_ends_running_work_and_work_that_still_waits():
    jobs, began = Jobs(1), []

    def endless(job: Job):
        began.append(job)
        while True:
            job.tell(0, 1)

    async def main():
        first, second = (asyncio.ensure_future(jobs.run(name, endless)) for name in ("job-first", "job-second"))
        await until(lambda: began)
        waiting = jobs.progress("job-second")
        assert waiting["state"] == "waiting" and waiting["ahead"] == 1
        assert jobs.stop("job-second") and jobs.stop("job-first") and not jobs.stop("job-nobody")
        return await asyncio.gather(first, second, return_exceptions=True)

    results = asyncio.run(main())
    assert [error.code for error in results] == ["job.stopped"] * 2 and len(began) == 1
    assert jobs.progress("job-second") == {"state": "none"}


def test_a_stop_that_overtakes_its_job_is_kept():
    jobs = Jobs(1)
    assert not jobs.stop("job-early")
    with pytest.raises(StudioError, match="Stopped"):
        asyncio.run(jobs.run("job-early", lambda job: "drawn"))
    for name in ("job-other", "job-early"):
        assert asyncio.run(jobs.run(name, lambda job: "drawn")) == "drawn"


def test_too_many_and_the_same_name_twice_are_refused_in_words():
    jobs, go = Jobs(1), threading.Event()

    async def main():
        running = [asyncio.ensure_future(jobs.run(f"job-{i:04d}", lambda job: go.wait(10))) for i in range(MOST - 1)]
        await until(lambda: len(jobs._jobs) == MOST - 1)
        with pytest.raises(StudioError, match="long work"):
            await jobs.run("job-0001", lambda job: None)
        running.append(asyncio.ensure_future(jobs.run("job-last", lambda job: None)))
        await until(lambda: len(jobs._jobs) == MOST)
        with pytest.raises(StudioError, match="long work"):
            await jobs.run("job-more", lambda job: None)
        go.set()
        await asyncio.gather(*running)

    asyncio.run(main())
    assert not jobs._jobs


def test_a_closed_page_stops_its_work_and_errors_come_through():
    jobs, ended = Jobs(1), threading.Event()

    def endless(job: Job):
        try:
            while True:
                job.tell(0, 1)
        finally:
            ended.set()

    async def main():
        running = asyncio.ensure_future(jobs.run("job-first", endless))
        await until(lambda: jobs.progress("job-first").get("state") == "working")
        waiting = asyncio.ensure_future(jobs.run("job-second", endless))
        await asyncio.sleep(0.02)
        for task in (waiting, running):
            task.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        await until(lambda: not jobs._jobs)

        def broken(job):
            raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await jobs.run("job-third", broken)

    asyncio.run(main())
    assert ended.is_set() and not jobs._jobs


def as_visitor(jobs: Jobs, visitor: str, name: str, work) -> asyncio.Task:
    with calling(Caller(visitor)):
        return asyncio.ensure_future(jobs.run(name, work))


def test_visitors_take_turns_and_are_told_their_place_and_time():
    jobs, go, done = Jobs(1), threading.Event(), []
    names = [("ann", "job-ann-1"), ("ann", "job-ann-2"), ("ann", "job-ann-3"), ("bob", "job-bob-1")]
    jobs._lately.extend([8, 12])

    async def main():
        first = as_visitor(jobs, "carl", "job-carl", lambda job: go.wait(10))
        await until(lambda: jobs.progress("job-carl")["state"] == "working")
        rest = [as_visitor(jobs, *who, lambda job, who=who: done.append(who[1])) for who in names]
        await until(lambda: len(jobs._jobs) == 5)
        told = [jobs.progress(name) for _, name in names]
        go.set()
        await asyncio.gather(first, *rest)
        return told

    told = asyncio.run(main())
    assert [progress["place"] for progress in told] == [1, 3, 4, 2]
    assert [progress["wait"] for progress in told] == [10, 30, 40, 20]
    assert done == ["job-ann-1", "job-bob-1", "job-ann-2", "job-ann-3"]


def test_on_a_space_one_visitor_has_few_jobs_and_the_work_knows_whose_it_is(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    jobs, go, whose = Jobs(1), threading.Event(), []

    def work(job):
        whose.append(caller().word)
        go.wait(10)

    async def main():
        running = [as_visitor(jobs, "ann", f"job-ann-{i}", work) for i in range(OWN)]
        await until(lambda: len(jobs._jobs) == OWN)
        with pytest.raises(StudioError) as refused:
            await as_visitor(jobs, "ann", "job-ann-more", work)
        assert refused.value.code == "job.own"
        running.append(as_visitor(jobs, "bob", "job-bob-1", work))
        go.set()
        await asyncio.gather(*running)

    asyncio.run(main())
    assert sorted(whose) == ["ann"] * OWN + ["bob"] and not jobs._jobs
