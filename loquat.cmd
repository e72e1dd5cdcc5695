@powershell -NoLogo -NoProfile -ExecutionPolicy Bypass -File "%~dp0loquat.ps1" %*
@exit /b %ERRORLEVEL%
