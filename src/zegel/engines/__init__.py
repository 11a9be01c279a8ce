"""What runs the stages: this machine's processes by default."""

from zegel.engines.local import LocalEngine, Task

__all__ = ["LocalEngine", "Task"]
