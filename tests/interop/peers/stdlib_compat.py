"""Gives back the one standard library name that pika 0.13 misses: import this before pika.

pika 0.13 (2019) asks isinstance(x, collections.Callable); Python 3.10 removed that alias of
collections.abc.Callable.  No newer pika works with the SDKs, and patching pika would make the
peers less "unmodified" than restoring the name.
"""
import collections
import collections.abc

if not hasattr(collections, "Callable"):
    collections.Callable = collections.abc.Callable
