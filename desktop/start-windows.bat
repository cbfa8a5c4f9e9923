@echo off
rem Latent Studio on Windows: a double click prepares it once, then opens its window.
setlocal
cd /d "%~dp0.."
set "PYTHON="
for %%P in ("py -3.13" "py -3.12" "py -3.11" "python" "py") do if not defined PYTHON call :try %%~P
if not defined PYTHON (
  echo Latent Studio needs Python 3.11 or newer. Get it from https://www.python.org/downloads/ and start again.
  pause
  exit /b 1
)
%PYTHON% desktop\start.py %*
set "STATUS=%errorlevel%"
if not "%STATUS%"=="0" pause
exit /b %STATUS%

:try
%* -c "import sys; sys.exit(sys.version_info[:2] in [(3, n) for n in range(11)] or sys.version_info[0] == 2)" >nul 2>nul
if not errorlevel 1 set "PYTHON=%*"
exit /b 0
