"""Reading the examples out of Markdown."""

from tests.reference.fences import python_examples

TEXT = """\
Text with `code`.
```python
a = 1
```
```
no language
```
~~~py
b = '''
```
'''
~~~
  ```python3
  if a:
      c = 2
  ```
```python  \t
def f():
    ...

```\t
```pytb
Traceback
```
````python
d = "```"
````
```python
unclosed = True
"""


def test_python_blocks_are_found_and_others_are_not() -> None:
    assert [example.source for example in python_examples(TEXT)] == [
        "a = 1\n",
        "b = '''\n```\n'''\n",
        "if a:\n    c = 2\n",
        "def f():\n    ...\n\n",
        'd = "```"\n',
        "unclosed = True\n",
    ]


def test_examples_are_numbered_and_know_their_line() -> None:
    examples = python_examples(TEXT)
    assert [example.index for example in examples] == list(range(6))
    lines = TEXT.splitlines()
    assert [lines[example.line - 1].strip() for example in examples] == [
        example.source.splitlines()[0] for example in examples
    ]


def test_a_text_without_examples_has_none() -> None:
    assert python_examples("Only text.\n") == []
