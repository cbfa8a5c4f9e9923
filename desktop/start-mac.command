#!/bin/sh
# Latent Studio on a Mac: a double click prepares it once, then opens its window.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1

for python in python3.13 python3.12 python3.11 /opt/homebrew/bin/python3 /usr/local/bin/python3 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        "$python" "$here/start.py" "$@"
        status=$?
        break
    fi
done

if [ -z "$status" ]; then
    echo 'Latent Studio needs Python 3.11 or newer. Get it from python.org/downloads, then start again.' >&2
    echo '潜空间工作室需要 Python 3.11 或更新版本。请到 python.org/downloads 安装，然后重新启动。' >&2
    status=1
fi
if [ "$status" -ne 0 ] && [ -t 0 ] && [ -t 1 ]; then
    printf 'Press Enter to close. 按回车键关闭。'
    read -r _
fi
exit "$status"
