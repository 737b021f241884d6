"""What addresses of the API are made of."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime, StringConstraints

#: No database takes a text with this in it.
NO_NUL = r"^[^\x00]*$"
#: The largest number that every reader of JSON keeps exactly.
MOST = 2**53 - 1

Text = Annotated[str, StringConstraints(max_length=1024, pattern=NO_NUL)]
#: RFC 3339: a time without an offset would be another one on each server.
Time = AwareDatetime
RunId = Annotated[Text, Path(description="The run.")]
StepId = Annotated[Text, Path(description="A step of the plan.")]
AttemptNumber = Annotated[int, Path(ge=1, le=MOST, description="The number of the attempt, from 1.")]
PlanHash = Annotated[Text, Path(description="The hash of a plan.")]
OfCloud = Annotated[Text | None, Query(description="Only of this cloud.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="So many at most.")]
Marker = Annotated[Text | None, Query(description="Go on behind this one, as the link `next` says it.")]
#: How many come where nobody says.
PAGE = 100
