// Nothing: this file only gives the target of the shared precompiled header something to compile.
