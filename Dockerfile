# Two images from one build: docker build --target silo . and docker build --target api .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /build/source

# What packages depend on, first: they are restored again only when it changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY ApiHost/ApiHost.csproj ApiHost/packages.lock.json ApiHost/
COPY Couriers/Couriers.csproj Couriers/packages.lock.json Couriers/
COPY Grains/Grains.csproj Grains/packages.lock.json Grains/
COPY Grains.Interfaces/Grains.Interfaces.csproj Grains.Interfaces/packages.lock.json Grains.Interfaces/
COPY Payments/Payments.csproj Payments/packages.lock.json Payments/
COPY Silo/Silo.csproj Silo/packages.lock.json Silo/
COPY Storage.AzureTables/Storage.AzureTables.csproj Storage.AzureTables/packages.lock.json Storage.AzureTables/
COPY Storage.Sqlite/Storage.Sqlite.csproj Storage.Sqlite/packages.lock.json Storage.Sqlite/
RUN dotnet restore ApiHost --locked-mode

COPY . .
RUN dotnet publish Silo --configuration Release --no-restore --output ../silo
RUN dotnet publish ApiHost --configuration Release --no-restore --output ../api

# ASP.NET Core's runtime: the silo's dashboard and telemetry refer to it.
FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS silo
WORKDIR /app
COPY --from=build /build/silo .
USER $APP_UID
EXPOSE 11111 30000 11180
ENTRYPOINT ["dotnet", "Budgets.Silo.dll"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS api
WORKDIR /app
COPY --from=build /build/api .
USER $APP_UID
EXPOSE 8080
ENTRYPOINT ["dotnet", "Budgets.ApiHost.dll"]
