#!/bin/sh
# Runs its arguments with a Python that is new enough: $PYTHON if it is set, else the first one that is found.
# The question is asked of each candidate in words that Python 2 understands too.
set -u
cd "${0%/*}/.." || exit 1

found=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null; then
        exec "$candidate" "$@"
    fi
    version=$("$candidate" -c 'import sys; sys.stdout.write("%d.%d" % sys.version_info[:2])' 2>/dev/null)
    if [ -n "$version" ]; then found="$found${found:+, }$candidate is $version"; fi
done

echo "MLOps Portal needs Python 3.11 or later, and ${found:-there is none here}:" \
    "install a newer one, or name it with \`make run PYTHON=/path/to/python3\`." >&2
exit 1
