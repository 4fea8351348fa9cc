"""Running git on repositories that nobody vouched for.

A repository is input: its configuration, attributes and hooks may name programs to run, files to read, hosts to call.
Every git process started here therefore ignores the system's and the user's configuration, overrides every setting of
the repository that could start a program, never prompts, may talk to no host unless the caller allows protocols, and is
bounded in time and output. Local reads never fetch missing objects of a partial clone.
"""

from awayteam.sources.gitcmd.catfile import CatFile
from awayteam.sources.gitcmd.commands import is_repository, resolve, run, stream
from awayteam.sources.gitcmd.process import NETWORK_PROTOCOLS, GitError, incoming

__all__ = ["NETWORK_PROTOCOLS", "CatFile", "GitError", "incoming", "is_repository", "resolve", "run", "stream"]
