"""YAML as we write it: a key that stands twice is an error, where PyYAML lets the last one win in silence."""

from typing import Any

import yaml


class _Strict(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    "in a mapping", node.start_mark, f"the key {name!r} stands twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """What the text says.

    Raises:
        YAMLError: it is no YAML, or a key stands twice; the message tells where.
    """
    return yaml.load(text, _Strict)  # noqa: S506 - a safe loader, with one thing more that it refuses
