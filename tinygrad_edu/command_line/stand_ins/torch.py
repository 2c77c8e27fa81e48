"""`torch` in a process that a running script has spawned: this package takes its place."""

if __name__ == "torch":
    from importlib import import_module

    from tinygrad_edu.command_line.aliases import install

    install()
    import_module("torch")
