"""How a package comes into an environment, as it is proposed where one is missing."""

# What is imported under another name than it is installed by.
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dotenv": "python-dotenv",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def install_command(module: str, python: str, *, has_pip: bool) -> str:
    """Return the command that installs what has `module` in it for the interpreter `python`.

    The environments that uv makes have no pip.
    """
    package = _DISTRIBUTIONS.get(module, module)
    if has_pip:
        return f"{python} -m pip install {package}"
    return f"uv pip install --python {python} {package}"
