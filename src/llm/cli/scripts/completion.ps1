# Completion of llm in PowerShell. Load it in $PROFILE:  llm completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName llm -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { if ($null -ne $_.Value) { [string] $_.Value } else { $_.Extent.Text } }
    )
    llm completion powershell "--word=$wordToComplete" -- @words 2> $null | ForEach-Object {
        $kind, $value, $about = $_ -split "`t", 3
        if ($kind -in 'files', 'folders') {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        } else {
            if (-not $about) { $about = $value }
            $text = if ($value -match '[\s''"`$(){};|&<>@#,]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
        }
    }
}
