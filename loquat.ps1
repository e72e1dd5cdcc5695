#!/usr/bin/env pwsh
# Builds loquat on first use (and after a change of the sources), then runs it.
$app = Join-Path $PSScriptRoot 'artifacts/loquat'
$built = Join-Path $app '.built'

function Test-Stale {
    if (-not (Test-Path $built)) { return $true }
    $since = (Get-Item -Force $built).LastWriteTimeUtc
    $sources = @(Get-ChildItem (Join-Path $PSScriptRoot 'src') -Recurse -File -Include *.cs, *.csproj, *.props, *.json |
        Where-Object { $_.FullName -notmatch '[\\/](obj|bin)[\\/]' }) +
        @(Get-ChildItem (Join-Path $PSScriptRoot 'Directory.*.props'), (Join-Path $PSScriptRoot 'global.json'))
    return [bool]($sources | Where-Object { $_.LastWriteTimeUtc -gt $since } | Select-Object -First 1)
}

if (Test-Stale) {
    if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
        [Console]::Error.WriteLine('error: the .NET 10 SDK is not on PATH: https://dotnet.microsoft.com/download')
        exit 5
    }
    [Console]::Error.WriteLine('building loquat (first use, about half a minute) ...')
    $started = [DateTime]::UtcNow
    $log = & dotnet publish (Join-Path $PSScriptRoot 'src/Loquat.Cli') -c Release -o $app --use-current-runtime --self-contained false -p:UseAppHost=false -v quiet 2>&1
    if ($LASTEXITCODE -ne 0) {
        [Console]::Error.WriteLine(($log -join [Environment]::NewLine))
        [Console]::Error.WriteLine('error: loquat cannot be built; the messages above say why')
        exit 1
    }
    # The stamp is older than the build: a file saved meanwhile is built next time.
    New-Item -ItemType File -Force $built | Out-Null
    (Get-Item -Force $built).LastWriteTimeUtc = $started
}
& dotnet (Join-Path $app 'Loquat.Cli.dll') @args
exit $LASTEXITCODE
