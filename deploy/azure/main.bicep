// az group create --name lisa --location westeurope
// az deployment group create --resource-group lisa --template-file deploy/azure/main.bicep --parameters @my.parameters.json
//
// A scale set of spot machines with GPUs, one ordinary machine for the control silo, and a storage account that only their identity
// may use: its blobs hold the runs, and through its tables the silos find each other. Nothing answers to the internet.

@description('Where everything is.')
param location string = resourceGroup().location

@description('Image of the GPU silos, built from deploy/docker/Dockerfile.cuda; the machines pull it without logging in.')
param gpuImage string

@description('Image of the control silo, built from deploy/docker/Dockerfile.')
param controlImage string

@description('Public half of the SSH key of user lisa. There is no way in from the internet: use Bastion or a VPN.')
param sshPublicKey string

@description('What all silos know and nobody else does.')
@secure()
@minLength(16)
param clusterSecret string

@description('How many GPU machines.')
@minValue(0)
@maxValue(100)
param gpuCount int = 3

@description('Size of the GPU machines.')
param gpuSize string = 'Standard_NC24ads_A100_v4'

@description('Size of the machine of the control silo.')
param controlSize string = 'Standard_D2s_v5'

@description('GB of the disk of that machine, from which runs are submitted: their models lie there.')
@minValue(30)
@maxValue(4095)
param controlDiskSize int = 256

@description('Regular: the same machines without preemption, with a Terminate notice when the scale set shrinks.')
@allowed(['Spot', 'Regular'])
param priority string = 'Spot'

@description('Intra-op threads of every GPU silo; they decide the bits of sums.')
param threads int = 8

var controlAddress = '10.93.0.4'
var subnetPrefix = '10.93.0.0/24'
var containerName = 'lisa'

// Storage Blob Data Contributor, Storage Table Data Contributor.
var roles = ['ba92f5b4-2d11-453d-a403-e96b0029c9fe', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3']

var settings = string({
  lisa: {
    cluster_id: 'azure'
    azure_tables: storage.properties.primaryEndpoints.table
    store: '${storage.properties.primaryEndpoints.blob}${containerName}'
    cluster_secret_file: 'cluster-secret'
    tensor_port: 22222
    drain_timeout_seconds: 25
  }
})

var gpuConfig = replace(
  replace(replace(loadTextContent('gpu.cloud-init.yaml'), '@@SETTINGS@@', base64(settings)), '@@CLUSTER_SECRET@@', base64(clusterSecret)),
  '@@THREADS@@',
  string(threads)
)

var controlConfig = replace(
  replace(loadTextContent('control.cloud-init.yaml'), '@@SETTINGS@@', base64(settings)),
  '@@CLUSTER_SECRET@@',
  base64(clusterSecret)
)

var linux = {
  disablePasswordAuthentication: true
  ssh: { publicKeys: [{ path: '/home/lisa/.ssh/authorized_keys', keyData: sshPublicKey }] }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'lisa'
  location: location
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'lisa${uniqueString(resourceGroup().id)}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: [{ id: network.properties.subnets[0].id, action: 'Allow' }]
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: containerName
    }
  }
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in roles: {
  name: guid(storage.id, identity.id, role)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

resource rules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'lisa'
  location: location
  properties: {
    securityRules: [
      {
        name: 'silos'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: subnetPrefix
          sourcePortRange: '*'
          destinationAddressPrefix: subnetPrefix
          destinationPortRanges: ['8080', '11111', '22222', '30000']
        }
      }
      {
        name: 'ssh'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: subnetPrefix
          destinationPortRange: '22'
        }
      }
      {
        name: 'closed'
        properties: {
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// The machines have no addresses of their own; this is their way out, to pull images. It lets nothing in.
resource outbound 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'lisa-outbound'
  location: location
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource nat 'Microsoft.Network/natGateways@2024-05-01' = {
  name: 'lisa'
  location: location
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: outbound.id }] }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'lisa'
  location: location
  properties: {
    addressSpace: { addressPrefixes: [subnetPrefix] }
    subnets: [
      {
        name: 'silos'
        properties: {
          addressPrefix: subnetPrefix
          defaultOutboundAccess: false
          networkSecurityGroup: { id: rules.id }
          natGateway: { id: nat.id }
          serviceEndpoints: [{ service: 'Microsoft.Storage' }]
        }
      }
    ]
  }
}

resource controlCard 'Microsoft.Network/networkInterfaces@2024-05-01' = {
  name: 'lisa-control'
  location: location
  properties: {
    ipConfigurations: [
      {
        name: 'silos'
        properties: {
          subnet: { id: network.properties.subnets[0].id }
          privateIPAllocationMethod: 'Static'
          privateIPAddress: controlAddress
        }
      }
    ]
  }
}

resource control 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: 'lisa-control'
  location: location
  dependsOn: [access]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    hardwareProfile: { vmSize: controlSize }
    storageProfile: {
      imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' }
      osDisk: { createOption: 'FromImage', diskSizeGB: controlDiskSize, managedDisk: { storageAccountType: 'StandardSSD_LRS' } }
    }
    osProfile: {
      computerName: 'lisa-control'
      adminUsername: 'lisa'
      customData: base64(replace(replace(controlConfig, '@@IDENTITY@@', identity.properties.clientId), '@@IMAGE@@', controlImage))
      linuxConfiguration: linux
    }
    networkProfile: { networkInterfaces: [{ id: controlCard.id }] }
  }
}

resource gpu 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {
  name: 'lisa-gpu'
  location: location
  dependsOn: [access]
  sku: { name: gpuSize, tier: 'Standard', capacity: gpuCount }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    orchestrationMode: 'Uniform'
    overprovision: false
    singlePlacementGroup: false
    upgradePolicy: { mode: 'Manual' }
    // Azure tries for an hour to bring back what it took.
    spotRestorePolicy: priority == 'Spot' ? { enabled: true, restoreTimeout: 'PT1H' } : null
    virtualMachineProfile: {
      priority: priority
      evictionPolicy: priority == 'Spot' ? 'Delete' : null
      billingProfile: priority == 'Spot' ? { maxPrice: -1 } : null
      // Spot machines get Preempt notices by themselves, and Azure does not let them ask for Terminate notices.
      scheduledEventsProfile: priority == 'Spot' ? null : {
        terminateNotificationProfile: { enable: true, notBeforeTimeout: 'PT5M' }
      }
      storageProfile: {
        // Brings the driver, Docker and the NVIDIA container toolkit.
        imageReference: { publisher: 'microsoft-dsvm', offer: 'ubuntu-hpc', sku: '2404', version: 'latest' }
        osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' } }
      }
      osProfile: {
        computerNamePrefix: 'lisa'
        adminUsername: 'lisa'
        customData: base64(replace(replace(gpuConfig, '@@IDENTITY@@', identity.properties.clientId), '@@IMAGE@@', gpuImage))
        linuxConfiguration: linux
      }
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: 'silos'
            properties: {
              primary: true
              ipConfigurations: [{ name: 'silos', properties: { subnet: { id: network.properties.subnets[0].id } } }]
            }
          }
        ]
      }
    }
  }
}

output store string = '${storage.properties.primaryEndpoints.blob}${containerName}'
output controlAddress string = controlAddress
