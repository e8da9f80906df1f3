// A provider that has the AWS provider's schema and nothing else, so that Terraform validates the files, and tests them with
// mocks, where the real one cannot be had. It answers what `validate` asks; it can neither plan nor make anything.
//
// The schema comes from schema.py, as JSON, in a file named by PROVIDER_SCHEMA.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// block is the body of a resource, a data source, the provider, or a block in one of them.
type block struct {
	Attributes []struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		Required bool   `json:"required"`
		Computed bool   `json:"computed"`
	} `json:"attributes"`
	Blocks []struct {
		Name     string `json:"name"`
		Single   bool   `json:"single"`
		Required bool   `json:"required"`
		Block    block  `json:"block"`
	} `json:"blocks"`
}

type schema struct {
	Provider    block            `json:"provider"`
	Resources   map[string]block `json:"resources"`
	DataSources map[string]block `json:"data_sources"`
}

var types = map[string]tftypes.Type{
	"string":       tftypes.String,
	"number":       tftypes.Number,
	"bool":         tftypes.Bool,
	"list(string)": tftypes.List{ElementType: tftypes.String},
	"list(number)": tftypes.List{ElementType: tftypes.Number},
	"map(string)":  tftypes.Map{ElementType: tftypes.String},
	"any":          tftypes.DynamicPseudoType,
}

func (b block) protocol() *tfprotov6.SchemaBlock {
	out := &tfprotov6.SchemaBlock{}
	for _, a := range b.Attributes {
		out.Attributes = append(out.Attributes, &tfprotov6.SchemaAttribute{
			Name: a.Name, Type: types[a.Type], Required: a.Required, Computed: a.Computed, Optional: !a.Required && !(a.Computed && a.Type == "any"),
		})
	}
	for _, n := range b.Blocks {
		nested := &tfprotov6.SchemaNestedBlock{TypeName: n.Name, Block: n.Block.protocol(), Nesting: tfprotov6.SchemaNestedBlockNestingModeList}
		if n.Single {
			nested.MaxItems = 1
		}
		if n.Required {
			nested.MinItems = 1
		}
		out.BlockTypes = append(out.BlockTypes, nested)
	}
	return out
}

// server leaves everything but these methods to a nil interface: what `validate` and mocks do not ask for would panic.
type server struct {
	tfprotov6.ProviderServer
	schema schema
}

func schemas(blocks map[string]block) map[string]*tfprotov6.Schema {
	out := map[string]*tfprotov6.Schema{}
	for name, b := range blocks {
		out[name] = &tfprotov6.Schema{Block: b.protocol()}
	}
	return out
}

func (s server) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{ServerCapabilities: &tfprotov6.ServerCapabilities{}}, nil
}

func (s server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:          &tfprotov6.Schema{Block: s.schema.Provider.protocol()},
		ResourceSchemas:   schemas(s.schema.Resources),
		DataSourceSchemas: schemas(s.schema.DataSources),
	}, nil
}

func (s server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (s server) ValidateProviderConfig(_ context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (s server) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (s server) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (s server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func main() {
	text, err := os.ReadFile(os.Getenv("PROVIDER_SCHEMA"))
	if err != nil {
		log.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov6.ProviderServer { return server{schema: s} }
	if err := tf6server.Serve("registry.terraform.io/hashicorp/aws", serve); err != nil {
		log.Fatal(err)
	}
}
