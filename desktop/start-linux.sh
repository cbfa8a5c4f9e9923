#!/bin/sh
# Latent Studio on Linux: a double click prepares it once, then opens its window. `start-linux.sh --menu` adds it to your applications.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1

for python in python3.13 python3.12 python3.11 python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        "$python" "$here/start.py" "$@"
        status=$?
        break
    fi
done

if [ -z "$status" ]; then
    echo 'Latent Studio needs Python 3.11 or newer. Install it with your system (Debian, Ubuntu: sudo apt install python3 python3-venv), then start again.' >&2
    echo '潜空间工作室需要 Python 3.11 或更新版本。请先安装（Debian、Ubuntu：sudo apt install python3 python3-venv），然后重新启动。' >&2
    status=1
fi
if [ "$status" -ne 0 ] && [ -t 0 ] && [ -t 1 ]; then
    printf 'Press Enter to close. 按回车键关闭。'
    read -r _
fi
exit "$status"
