-- The health of a RayService, for Argo CD, which has no rule for this kind. KubeRay's condition Ready is
-- not enough: it stays true during an upgrade, and says nothing of the applications. The same rules as
-- `observe` in app/shell/observation.py: tests/unit/test_gitops.py runs both on the same objects.
local function verdict(status, message)
  return { status = status, message = message }
end

-- The applications of the active and of the pending cluster; while traffic returns to the active one, only its own.
local function applications(status, returns)
  local found, parts = {}, { status.activeServiceStatus or {} }
  if not returns then
    table.insert(parts, status.pendingServiceStatus or {})
  end
  for _, part in ipairs(parts) do
    if part.rayClusterName and part.rayClusterName ~= "" then
      for name, application in pairs(part.applicationStatuses or {}) do
        table.insert(found, { name = name, status = application.status, message = application.message or "" })
      end
    end
  end
  return found
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready or {}
local upgrade = conditions.UpgradeInProgress or {}
local returns = (conditions.RollbackInProgress or {}).status == "True"
local found = applications(status, returns)

if ready.reason == "ValidationFailed" or ready.reason == "InitializingTimeout" then
  return verdict("Degraded", "KubeRay gives up, " .. ready.reason .. ": " .. (ready.message or ""))
end
if status.observedGeneration ~= obj.metadata.generation then
  return verdict("Progressing", "KubeRay has not observed the latest change yet")
end
for _, application in ipairs(found) do
  if application.status == "DEPLOY_FAILED" then
    return verdict("Degraded", application.name .. " cannot be deployed: " .. application.message)
  end
end
if upgrade.status == "True" then
  local share = (status.pendingServiceStatus or {}).trafficRoutedPercent
  if share then
    return verdict("Progressing", "the new cluster has " .. share .. " % of the traffic")
  end
  return verdict("Progressing", "starting a new cluster beside the active one")
end
if #found == 0 then
  return verdict("Progressing", "no application runs yet")
end
for _, application in ipairs(found) do
  if application.status ~= "RUNNING" then
    return verdict("Progressing", application.name .. " is " .. application.status)
  end
end
if ready.status ~= "True" then
  return verdict("Progressing", "no pod is ready for requests yet")
end
local strategy = (obj.spec or {}).upgradeStrategy or {}
if strategy.type == "NewClusterWithIncrementalUpgrade" and not (status.activeServiceStatus or {}).trafficRoutedPercent then
  return verdict("Progressing", "KubeRay routes no traffic to it: has it the feature gate RayServiceIncrementalUpgrade?")
end
return verdict("Healthy", "all applications run")
