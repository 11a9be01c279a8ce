"""What runs the stages: this machine's processes by default."""

from zegel.engines.heap import release_free_memory
from zegel.engines.local import LocalEngine, Task

__all__ = ["LocalEngine", "Task", "release_free_memory"]
