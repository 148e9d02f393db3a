{{/* What each pod of the chart takes from its values, with Kubernetes' names. `root` is the chart, `group` the
     pod's values, `uid` the user of its image if that is not 1000. */}}
{{- define "wiki-digest.podFields" -}}
{{- $root := .root -}}
securityContext: {{- include "wiki-digest.merged" (dict "base" (include "wiki-digest.podSecurity" . | fromYaml) "over" (.group.podSecurityContext | default dict)) | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "wiki-digest.tolerations" .group | fromYamlArray }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "serviceAccountName" "nodeSelector" "affinity" "topologySpreadConstraints" "priorityClassName" "runtimeClassName" "schedulerName" "hostAliases" "dnsPolicy" "dnsConfig" "resourceClaims" "initContainers" }}
{{- with index $.group $key }}
{{ $key }}: {{- if kindIs "string" . }} {{ . }}{{ else }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the main container of a pod takes from its values, apart from resources, env and volumeMounts. */}}
{{- define "wiki-digest.containerFields" -}}
securityContext: {{- include "wiki-digest.merged" (dict "base" (include "wiki-digest.containerSecurity" . | fromYaml) "over" (.group.securityContext | default dict)) | nindent 2 }}
{{- range $key := list "envFrom" "livenessProbe" "startupProbe" }}
{{- with index $.group $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The proxy's variables, and what is reached without it. They are not written in lowercase, in which gRPC reads them:
     Ray's processes call each other by the addresses of pods. */}}
{{- define "wiki-digest.proxyEnv" -}}
{{- with .Values.proxy.url -}}
- {name: HTTP_PROXY, value: {{ . | quote }}}
- {name: HTTPS_PROXY, value: {{ . | quote }}}
- {name: NO_PROXY, value: {{ include "wiki-digest.noProxy" $ | quote }}}
{{- end -}}
{{- end -}}

{{- define "wiki-digest.noProxy" -}}
{{- $hosts := list "localhost" "127.0.0.1" "::1" ".svc" ".cluster.local" (printf ".%s" .Release.Namespace) "$(KUBERNETES_SERVICE_HOST)" (printf "%s-redis" (include "wiki-digest.fullname" .)) -}}
{{- with dig "tracing" "endpoint" "" .Values.settings }}{{ $hosts = append $hosts (include "wiki-digest.hostOf" .) }}{{ end -}}
{{- $source := .Values.settings.source | default dict -}}
{{- range list .Values.models.endpoint (kindIs "map" $source | ternary $source dict).api_url -}}
{{- $host := include "wiki-digest.hostOf" (. | default "") -}}
{{- if not (contains "." $host) }}{{ $hosts = append $hosts $host }}{{ end -}}
{{- end -}}
{{- concat (compact $hosts) .Values.proxy.noProxy | uniq | join "," -}}
{{- end -}}

{{/* The host of a URL, without its port. */}}
{{- define "wiki-digest.hostOf" -}}
{{ (urlParse .).host | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimAll "[]" }}
{{- end -}}

{{/* The port of the hub, or of its mirror. */}}
{{- define "wiki-digest.hubPort" -}}
{{ include "wiki-digest.portOf" (.Values.models.endpoint | default "https://") }}
{{- end -}}

{{/* The port of a URL. */}}
{{- define "wiki-digest.portOf" -}}
{{- $url := urlParse . -}}
{{ regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "http" | ternary "80" "443") }}
{{- end -}}

{{/* The security contexts of all pods: the restricted standard of Kubernetes, with the values merged in. */}}
{{- define "wiki-digest.podSecurity" -}}
{{- $user := .uid | default 1000 -}}
{{- $base := dict "runAsNonRoot" true "runAsUser" $user "runAsGroup" $user "fsGroup" $user "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- include "wiki-digest.merged" (dict "base" $base "over" .root.Values.podSecurityContext) -}}
{{- end -}}

{{- define "wiki-digest.containerSecurity" -}}
{{- $base := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- include "wiki-digest.merged" (dict "base" $base "over" .root.Values.securityContext) -}}
{{- end -}}

{{/* The account of head and workers; empty for the namespace's `default`. */}}
{{- define "wiki-digest.serviceAccountName" -}}
{{- with .Values.serviceAccount -}}
{{ .name | default (.create | ternary (include "wiki-digest.fullname" $) "") }}
{{- end -}}
{{- end -}}

{{/* The account of a pod: a given one; one of its own, if the values have annotations for it; else `other`. */}}
{{- define "wiki-digest.accountOf" -}}
{{- $own := printf "%s-%s" (include "wiki-digest.fullname" .root) .component -}}
{{ .group.serviceAccountName | default (empty .group.serviceAccountAnnotations | ternary .other $own) }}
{{- end -}}

{{- define "wiki-digest.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  labels: {{- include "wiki-digest.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Tolerations with those that evict a pod 20 s after its node was found to be silent, instead of 300. A toleration
     of the user's own for the same taint takes precedence. */}}
{{- define "wiki-digest.leavesSilentNode" -}}
{{- $all := .tolerations | default list -}}
{{- range $key := list "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" -}}
{{- $given := false -}}
{{- range $all }}{{ if and (eq (.key | default $key) $key) (eq (.effect | default "NoExecute") "NoExecute") }}{{ $given = true }}{{ end }}{{ end -}}
{{- if not $given -}}
{{- $all = append $all (dict "key" $key "operator" "Exists" "effect" "NoExecute" "tolerationSeconds" 20) -}}
{{- end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* The values of a pod of the Ray cluster (`node`: head or worker; `component`), with its account, and the container
     that follows the logs. */}}
{{- define "wiki-digest.rayGroup" -}}
{{- $all := include "wiki-digest.serviceAccountName" .root -}}
{{- $own := dict "serviceAccountName" (include "wiki-digest.accountOf" (set . "other" $all)) -}}
{{- $_ := set $own "tolerations" (include "wiki-digest.leavesSilentNode" .group | fromYamlArray) -}}
{{- if .root.Values.logging.toStdout -}}
{{- $_ := set $own "initContainers" (prepend (.group.initContainers | default list) (include "wiki-digest.logs" . | fromYaml)) -}}
{{- end -}}
{{- toYaml (merge $own .group) -}}
{{- end -}}

{{/* Bytes of Ray's object store, and the size of the memory that holds it: a quarter more, at least 256 Mi. */}}
{{- define "wiki-digest.objectStore" -}}
{{ .group.objectStoreBytes | default (include "wiki-digest.defaults" .root | fromYaml).object_store_bytes | int64 }}
{{- end -}}

{{- define "wiki-digest.shmSize" -}}
{{ .group.shmSize | default (printf "%dMi" (max 256 (div (mul (include "wiki-digest.objectStore" . | int64) 5) 4194304 | add1))) }}
{{- end -}}

{{/* `over` merged into `base`, the last word: as `wiki-digest.merged`, and lists of objects with names (containers,
     volumes, variables, groups) or paths (mounts) by these. Other lists are replaced. Both are wrapped: {value: ...}. */}}
{{- define "wiki-digest.patched" -}}
{{- $base := .base -}}
{{- if and (kindIs "map" .over) (kindIs "map" $base) -}}
{{- range $key, $value := .over -}}
{{- if kindIs "invalid" $value -}}
{{- $base = omit $base $key -}}
{{- else -}}
{{- $_ := set $base $key (include "wiki-digest.patched" (dict "base" (get $base $key) "over" $value) | fromYaml).value -}}
{{- end -}}
{{- end -}}
{{- else if and (kindIs "slice" .over) (kindIs "slice" $base) .over (include "wiki-digest.named" .over) -}}
{{- range $item := .over -}}
{{- $name := include "wiki-digest.nameOf" $item -}}
{{- $found := false -}}
{{- $items := list -}}
{{- range $old := $base -}}
{{- if eq $name (include "wiki-digest.nameOf" $old) -}}
{{- $found = true -}}
{{- $old = (include "wiki-digest.patched" (dict "base" $old "over" $item) | fromYaml).value -}}
{{- end -}}
{{- $items = append $items $old -}}
{{- end -}}
{{- $base = $found | ternary $items (append $items $item) -}}
{{- end -}}
{{- else -}}
{{- $base = .over -}}
{{- end -}}
{{- toYaml (dict "value" $base) -}}
{{- end -}}

{{- define "wiki-digest.nameOf" -}}
{{- if kindIs "map" . }}{{ .mountPath | default .devicePath | default .name | default .groupName | default "" }}{{ end -}}
{{- end -}}

{{/* `true` if each item of a list has a name, else empty. */}}
{{- define "wiki-digest.named" -}}
{{- $named := true -}}
{{- range . }}{{ if not (include "wiki-digest.nameOf" .) }}{{ $named = "" }}{{ end }}{{ end -}}
{{ $named }}
{{- end -}}

{{/* What the values merge into the spec of the head's and the workers' groups; empty by default. */}}
{{- define "wiki-digest.groupSpecs" -}}
{{- $cluster := dict -}}
{{- with .Values.head.groupSpec }}{{ $_ := set $cluster "headGroupSpec" . }}{{ end -}}
{{- range $name, $group := .Values.workers -}}
{{- with $group.groupSpec -}}
{{- $_ := set $cluster "workerGroupSpecs" (append ($cluster.workerGroupSpecs | default list) (set (deepCopy .) "groupName" $name)) -}}
{{- end -}}
{{- end -}}
{{- with $cluster }}{{ toYaml (dict "rayClusterConfig" .) }}{{ end -}}
{{- end -}}

{{/* Labels and annotations of a pod beside the Ray cluster. */}}
{{- define "wiki-digest.helperMetadata" -}}
labels: {{- merge (dict "app.kubernetes.io/component" .component "app.kubernetes.io/instance" .root.Release.Name) (.group.labels | default dict) .root.Values.commonLabels | toYaml | nindent 2 }}
{{- with .group.annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
