{{/* Annotations for a Prometheus without the operator. */}}
{{- define "wiki-digest.scraped" -}}
prometheus.io/scrape: "true"
prometheus.io/port: "8080"
prometheus.io/path: /metrics
{{- end -}}

{{/* The labels of this release's series: Prometheus adds the pods' namespace and labels. */}}
{{- define "wiki-digest.series" -}}
namespace={{ .Release.Namespace | quote }},app_kubernetes_io_instance={{ .Release.Name | quote }}
{{- end -}}

{{/* The labels of the series of KubeRay's operator on this release. */}}
{{- define "wiki-digest.kuberaySeries" -}}
namespace={{ .Release.Namespace | quote }},name={{ include "wiki-digest.fullname" . | quote }}
{{- end -}}

{{/* The same labels, for what a rule records or alerts. */}}
{{- define "wiki-digest.ruleLabels" -}}
namespace: {{ .Release.Namespace | quote }}
app_kubernetes_io_instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* How long an alert waits, whom it reaches and what it says: the chart, the alert, `for`, the severity,
     summary, description, and further labels if there are any. */}}
{{- define "wiki-digest.alert" -}}
{{- $root := index . 0 -}}
for: {{ index . 2 }}
labels:
  severity: {{ index . 3 }}
  {{- include "wiki-digest.ruleLabels" $root | nindent 2 }}
  {{- if gt (len .) 6 }}
  {{- toYaml (index . 6) | nindent 2 }}
  {{- end }}
annotations:
  summary: {{ index . 4 | quote }}
  description: {{ index . 5 | quote }}
  runbook_url: {{ printf "%s#%s" $root.Values.metrics.rules.runbooks (lower (index . 1)) | quote }}
{{- end -}}

{{/* A rule for a ratio over a window: its name and the names of its two rates, the window, the labels. */}}
{{- define "wiki-digest.ratio" -}}
{{- $ratio := index . 0 -}}
{{- $over := printf "{%s}[%s]" (index . 2) (index . 1) -}}
record: wiki_digest:{{ index $ratio 0 }}:ratio_rate{{ index . 1 }}
expr: |-
  sum_over_time(wiki_digest:{{ index $ratio 1 }}:rate5m{{ $over }})
    / sum_over_time(wiki_digest:{{ index $ratio 2 }}:rate5m{{ $over }})
{{- end -}}
